-- Punctuation says nothing here: « n.d. », « N/D », « - », « … » and « ? » are compared without it.
with

nu as materialized (
    select
        case
            when length(texte) <= 60 then translate({{ function('normaliser') }}(texte), ' ./-?_*()', '')
        end as t
)

select
    case
        when
            texte is null
            or t in (
                '', 'nd', 'nc', 'nr', 'nsp', 'nonrenseigne', 'nonrenseignee', 'noncommunique', 'noncommuniquee',
                'nonconnu', 'nonconnue', 'inconnu', 'inconnue', 'nondisponible', 'nondetermine', 'nondeterminee',
                'acompleter', 'avenir', 'enattente', 'pasdedonnee', 'pasdedonnees', 'donneemanquante',
                'donneenondisponible', 'donneesnondisponibles', 'arenseigner', 'nesaitpas', 'vide'
            )
            then 'non_renseigne'
        when
            t in (
                'so', 'sansobjet', 'nonconcerne', 'nonconcernee', 'nonconcernes', 'nonconcernees', 'na',
                'nonapplicable', 'pasconcerne', 'pasconcernee', 'nes''appliquepas'
            )
            then 'non_concerne'
    end
from nu
